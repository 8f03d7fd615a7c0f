-- The steps of a ledger in Redis. `rules.py` says in Python what each step does; this says the same, so that a step is
-- one round trip. One suite of tests holds both against each other.
--
-- KEYS[1] begins the names of all keys: "{openrouter}:". The braces keep them on one server of a cluster.
-- ARGV[1] is the step; the other arguments are its own. Lists come as JSON, texts of calls as they are.
--
--   counter:<key>  hash: spent, reserved, peak         ends         sorted set: counters by the time they are kept until
--   hold:<id>      hash: amount, expires_at, counters, holds        sorted set: holds by the time they expire
--                  and the call to book, as entry_id …
--   call:<id>      hash: the call, and its counters    calls        sorted set: calls by their begin
--   limits         hash: budget to limit               pending      sorted set: the same, those not settled for sure
--   version        number of migrations                generations  hash: generation id to call id
--
-- Numbers of Lua are doubles: whole up to 2^53, which is the most that a ledger counts. They are written by `whole`.

local BASE = KEYS[1]

local function whole(number)
  return string.format('%.0f', number)
end

local function list(text)
  return cjson.decode(text)
end

-- JSON has a null of its own.
local function known(value)
  if value ~= cjson.null then
    return value
  end
end

local function has(items, item)
  for _, each in ipairs(items) do
    if each == item then
      return true
    end
  end
  return false
end

local function fields(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then
    return nil
  end
  local found = {}
  for place = 1, #flat, 2 do
    found[flat[place]] = flat[place + 1]
  end
  return found
end

local function time_or(now)
  if now ~= '' then
    return now
  end
  local time = redis.call('TIME')
  return whole(tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
end

local function balance(counter)
  local row = redis.call('HMGET', BASE .. 'counter:' .. counter, 'spent', 'reserved', 'peak')
  if row[1] then
    return { spent = tonumber(row[1]), reserved = tonumber(row[2]), peak = tonumber(row[3]) }
  end
end

local function put_balance(counter, new, kept_until)
  redis.call('HSET', BASE .. 'counter:' .. counter, 'spent', whole(new.spent), 'reserved', whole(new.reserved),
    'peak', whole(new.peak))
  if kept_until then
    redis.call('ZADD', BASE .. 'ends', whole(kept_until), counter)
  end
end

local function empty()
  return { spent = 0, reserved = 0, peak = 0 }
end

-- A call: id, amount, started_at, generation_id, pending, data; all texts, '' for no generation.
local function call_of(row, prefix)
  return {
    id = row[prefix .. 'id'], amount = row[prefix .. 'amount'], started_at = row[prefix .. 'started_at'],
    generation_id = row[prefix .. 'generation_id'], pending = row[prefix .. 'pending'], data = row[prefix .. 'data'],
  }
end

local function drop_call(call)
  redis.call('DEL', BASE .. 'call:' .. call.id)
  redis.call('ZREM', BASE .. 'calls', call.id)
  redis.call('ZREM', BASE .. 'pending', call.id)
  if call.generation_id ~= '' then
    redis.call('HDEL', BASE .. 'generations', call.generation_id)
  end
end

local function put_call(call, counters)
  redis.call('HSET', BASE .. 'call:' .. call.id, 'id', call.id, 'amount', call.amount, 'started_at', call.started_at,
    'generation_id', call.generation_id, 'pending', call.pending, 'data', call.data,
    'counters', cjson.encode(counters))
  redis.call('ZADD', BASE .. 'calls', call.started_at, call.id)
  if call.pending == '1' then
    redis.call('ZADD', BASE .. 'pending', call.started_at, call.id)
  end
  if call.generation_id ~= '' then
    redis.call('HSET', BASE .. 'generations', call.generation_id, call.id)
  end
end

-- Add to what was spent, and note where the peak moved; without `anew`, a counter that is gone stays gone.
local function charge(counter, kept_until, amount, anew, movements)
  local row = balance(counter) or (anew and empty())
  if not row then
    return
  end
  local before = row.peak
  row.spent = math.max(0, row.spent + amount)
  row.peak = math.max(before, row.spent)
  put_balance(counter, row, kept_until)
  if row.peak > before then
    movements[#movements + 1] = counter
    movements[#movements + 1] = whole(before)
    movements[#movements + 1] = whole(row.peak)
  end
end

-- Give back what was set aside for a call in some counters; nil stands for all of them.
local function give_back(id, held)
  local key = BASE .. 'hold:' .. id
  local row = redis.call('HMGET', key, 'amount', 'counters')
  if not row[1] then
    return
  end
  local remaining = {}
  for _, counter in ipairs(list(row[2])) do
    if held and not has(held, counter) then
      remaining[#remaining + 1] = counter
    else
      local there = balance(counter)
      if there then -- a counter in which nothing is reserved may be gone
        there.reserved = there.reserved - tonumber(row[1])
        put_balance(counter, there)
      end
    end
  end
  if #remaining > 0 then
    redis.call('HSET', key, 'counters', cjson.encode(remaining))
  else
    redis.call('DEL', key)
    redis.call('ZREM', BASE .. 'holds', id)
  end
end

-- Put a call in the ledger and charge it; `targets` are pairs of counter and the time it is kept until.
local function book(call, targets, anew)
  local movements = {}
  local row = fields(BASE .. 'call:' .. call.id)
  local there = row and call_of(row, '')
  local charged = row and list(row.counters) or {}
  local owner = call.generation_id ~= '' and redis.call('HGET', BASE .. 'generations', call.generation_id)
  local outcome
  if owner and owner ~= call.id then
    if there and there.pending == '1' then -- what was only supposed is known now: it cost nothing
      drop_call(there)
      for _, counter in ipairs(charged) do
        charge(counter, nil, -tonumber(there.amount), false, movements)
      end
    end
    return 'replayed', {}
  elseif not there then
    outcome = 'booked'
  elseif there.pending == '1' then
    outcome = 'corrected'
    drop_call(there)
    for _, counter in ipairs(charged) do
      charge(counter, nil, tonumber(call.amount) - tonumber(there.amount), false, movements)
    end
  else
    outcome = 'known'
    call = there
  end
  local before = #charged
  for _, target in ipairs(targets) do
    local counter = target[1]
    if not has(charged, counter) and (anew or balance(counter)) then
      charge(counter, known(target[2]), tonumber(call.amount), anew, movements)
      charged[#charged + 1] = counter
    end
  end
  if outcome ~= 'known' or #charged > before then
    put_call(call, charged)
  end
  return outcome, movements
end

-- End the holds whose time is over: book what they were to book, or give the money back.
local function sweep(now)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', BASE .. 'holds', '-inf', now)) do
    local row = fields(BASE .. 'hold:' .. id)
    give_back(id, nil)
    if row.entry_id then
      local targets = {}
      for place, counter in ipairs(list(row.counters)) do
        targets[place] = { counter, cjson.null }
      end
      book(call_of(row, 'entry_'), targets, false)
    end
  end
end

-- Exact beyond 2^53: left * share may be more.
local function share_of(left, share)
  local rest = math.fmod(left, 1000)
  return (left - rest) / 1000 * share + math.floor(rest * share / 1000)
end

local step = {}

-- now, claims, id, amount, lease, and, where a call is booked when it expires: id, amount, started_at,
-- generation_id, pending, data
function step.reserve(now, claims, id, amount, lease, ...)
  now = time_or(now)
  sweep(now)
  local key = BASE .. 'hold:' .. id
  local there = redis.call('HMGET', key, 'amount', 'counters')
  local counters = there[1] and list(there[2]) or {}
  local wanted = tonumber(there[1] or amount)
  claims = list(claims)
  for _, claim in ipairs(claims) do
    local counter, limit, budget, share = claim[1], claim[2], claim[3], known(claim[4])
    if wanted > 0 and not has(counters, counter) then
      local row = balance(counter) or empty()
      limit = tonumber(redis.call('HGET', BASE .. 'limits', budget) or limit)
      local left = limit - row.spent - row.reserved
      if left < 0 or wanted > (share and share_of(left, share) or left) then
        return { counter, whole(limit), whole(row.spent), whole(row.reserved) }
      end
    end
  end
  for _, claim in ipairs(claims) do
    local counter = claim[1]
    if not has(counters, counter) then
      local row = balance(counter) or empty()
      row.reserved = row.reserved + wanted
      put_balance(counter, row, known(claim[5]))
      counters[#counters + 1] = counter
    end
  end
  redis.call('HSET', key, 'counters', cjson.encode(counters))
  if not there[1] then
    local expires_at = whole(tonumber(now) + tonumber(lease))
    redis.call('HSET', key, 'amount', amount, 'expires_at', expires_at)
    redis.call('ZADD', BASE .. 'holds', expires_at, id)
    local entry = { ... }
    if #entry > 0 then
      redis.call('HSET', key, 'entry_id', entry[1], 'entry_amount', entry[2], 'entry_started_at', entry[3],
        'entry_generation_id', entry[4], 'entry_pending', entry[5], 'entry_data', entry[6])
    end
  end
  return nil
end

-- held counters, pairs of counter and end, and the call
function step.settle(held, targets, id, amount, started_at, generation_id, pending, data)
  give_back(id, list(held))
  local call = {
    id = id, amount = amount, started_at = started_at, generation_id = generation_id, pending = pending, data = data,
  }
  local outcome, movements = book(call, list(targets), true)
  return { outcome, unpack(movements) }
end

function step.release(id, held)
  give_back(id, list(held))
  return nil
end

-- Gives spent, reserved and peak of each counter, flat.
function step.balances(now, counters)
  sweep(time_or(now))
  local found = {}
  for _, counter in ipairs(list(counters)) do
    local row = balance(counter) or empty()
    found[#found + 1] = whole(row.spent)
    found[#found + 1] = whole(row.reserved)
    found[#found + 1] = whole(row.peak)
  end
  return found
end

function step.in_flight(now)
  return redis.call('ZCOUNT', BASE .. 'holds', '(' .. time_or(now), '+inf')
end

function step.limit(budget)
  return redis.call('HGET', BASE .. 'limits', budget)
end

function step.set_limit(budget, limit)
  if limit == '' then
    redis.call('HDEL', BASE .. 'limits', budget)
  else
    redis.call('HSET', BASE .. 'limits', budget, limit)
  end
  return nil
end

-- Gives up to `most` calls after (started_at, id), begun before `till`, flat.
function step.page(index, started_at, id, till, most)
  local found, offset, count = {}, 0, 0
  while true do
    local ids = redis.call('ZRANGEBYSCORE', BASE .. index, started_at, '(' .. till, 'LIMIT', offset, most)
    for _, each in ipairs(ids) do
      local row = redis.call('HMGET', BASE .. 'call:' .. each, 'amount', 'started_at', 'generation_id', 'pending', 'data')
      if row[2] ~= started_at or each > id then
        found[#found + 1] = each
        for place = 1, 5 do
          found[#found + 1] = row[place]
        end
        count = count + 1
        if count == tonumber(most) then
          return found
        end
      end
    end
    if #ids < tonumber(most) then
      return found
    end
    offset = offset + #ids
  end
end

-- Forgets some counters that are not kept until `till` or longer, and in which nothing is reserved. Gives how many
-- were looked at, and how many of them stay.
function step.prune_counters(till, skip, most)
  local old = redis.call('ZRANGEBYSCORE', BASE .. 'ends', '-inf', '(' .. till, 'LIMIT', skip, most)
  local kept = 0
  for _, counter in ipairs(old) do
    if balance(counter).reserved > 0 then
      kept = kept + 1
    else
      redis.call('DEL', BASE .. 'counter:' .. counter)
      redis.call('ZREM', BASE .. 'ends', counter)
    end
  end
  return { #old, kept }
end

-- Forgets some calls that began before a time; gives how many.
function step.prune_calls(till, most)
  local old = redis.call('ZRANGEBYSCORE', BASE .. 'calls', '-inf', '(' .. till, 'LIMIT', 0, most)
  for _, id in ipairs(old) do
    drop_call(call_of(fields(BASE .. 'call:' .. id), ''))
  end
  return #old
end

return step[ARGV[1]](unpack(ARGV, 2))
