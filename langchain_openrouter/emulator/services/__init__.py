"""The endpoints that cost money: one request in, one generation out."""
