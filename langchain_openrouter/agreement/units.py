"""Units that may stand beside a number, each under one name."""

from __future__ import annotations

__all__ = ["CURRENCIES", "MAGNITUDES", "UNITS"]

_SPELLINGS = {
    "percent": "% percent per_cent percentage_points",
    "dollar": "dollar dollars usd $ bucks",
    "cent": "cent cents ¢",
    "euro": "euro euros eur €",
    "pound sterling": "gbp £",
    "yen": "yen jpy ¥",
    "rupee": "rupee rupees inr ₹",
    "millimetre": "mm millimetre millimetres millimeter millimeters",
    "centimetre": "cm centimetre centimetres centimeter centimeters",
    "metre": "m metre metres meter meters",
    "kilometre": "km kilometre kilometres kilometer kilometers",
    "inch": "inch inches",
    "foot": "foot feet ft",
    "yard": "yard yards yd",
    "mile": "mile miles mi",
    "gram": "g gram grams",
    "kilogram": "kg kilogram kilograms kilo kilos",
    "pound": "pound pounds lb lbs",
    "ounce": "ounce ounces oz",
    "ton": "ton tons tonne tonnes",
    "second": "s sec secs second seconds",
    "minute": "min mins minute minutes",
    "hour": "h hr hrs hour hours",
    "day": "day days",
    "week": "week weeks",
    "month": "month months",
    "year": "year years yr yrs years_old",
    "litre": "l litre litres liter liters",
    "millilitre": "ml millilitre millilitres milliliter milliliters",
    "gallon": "gallon gallons gal",
    "metre per second": "m/s metres_per_second meters_per_second",
    "kilometre per hour": "km/h kph kmh kilometres_per_hour kilometers_per_hour",
    "mile per hour": "mph miles_per_hour",
    "square metre": "m^2 m^{2} sq_m square_metres square_meters",
    "cubic metre": "m^3 m^{3} cubic_metres cubic_meters",
    "square centimetre": "cm^2 cm^{2} sq_cm square_centimetres square_centimeters",
    "cubic centimetre": "cm^3 cm^{3} cc cubic_centimetres cubic_centimeters",
    "square foot": "ft^2 ft^{2} sq_ft square_feet",
    "square inch": "in^2 in^{2} square_inches",
    "square unit": "square_unit square_units units^2 sq_units",
    "unit": "unit units",
    "degree": "° degree degrees deg",
    "degree celsius": "°c celsius degrees_celsius",
    "degree fahrenheit": "°f fahrenheit degrees_fahrenheit",
    "radian": "rad radian radians",
    "kelvin": "kelvin kelvins",
    "joule": "joule joules",
    "kilojoule": "kj kilojoule kilojoules",
    "watt": "watt watts",
    "volt": "volt volts",
    "newton": "newton newtons",
    "hertz": "hz hertz",
    "mole": "mol mole moles",
    "byte": "byte bytes",
    "bit": "bit bits",
}

UNITS = {name.replace("_", " "): unit for unit, names in _SPELLINGS.items() for name in names.split()}
"""From each spelling, in lower case, to the name of the unit."""

CURRENCIES = {"$": "dollar", "us$": "dollar", "usd": "dollar", "€": "euro", "eur": "euro", "£": "pound sterling",
              "gbp": "pound sterling", "¥": "yen", "₹": "rupee"}  # fmt: skip
"""Signs that stand before the number."""

MAGNITUDES = {
    "k": 10**3,
    "thousand": 10**3,
    "million": 10**6,
    "m": 10**6,
    "b": 10**9,
    "bn": 10**9,
    "billion": 10**9,
    "trillion": 10**12,
}
