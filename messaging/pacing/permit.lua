-- One permit to hand a message to the carrier, or the time to ask again. All of it happens at once,
-- so that any number of workers share the limits; `now` comes from the caller.
--
-- A bucket's level is what the carrier still has to send of ours: each permit raises it by the
-- message's segments, and it drains at the rate. It stands above the burst by the end of one long
-- message at most.
--
-- KEYS: account, number, account's slow-down, number's slow-down, brand's slow-down, waiting texts
--       of the conversation, tenants' levels, tenants that are active, tenants that wait, counts
-- ARGV: now, segments, bulk (1 or 0), tenant ("" = the account is nobody else's), account's rate and
--       burst, number's rate and burst, message, its moment, a message to forget, chance from 0 to 1

local now, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local bulk, tenant = ARGV[3] == '1', ARGV[4]
local message, moment, chance = ARGV[9], tonumber(ARGV[10]), tonumber(ARGV[12])

local BULK_PART = 0.5    -- of a burst; the rest is kept for replies
local LENT_PART = 0.75   -- what one tenant may take beyond its share; the rest is for the others
local ACTIVE = 10        -- seconds a tenant counts as one that sends
local HORIZON = 900      -- nobody is sent away for longer: rates may be raised meanwhile
local KEPT = 7200        -- seconds that a bucket nobody asks is kept at least

-- Earlier texts of the conversation that wait go first.
if ARGV[11] ~= '' then redis.call('ZREM', KEYS[6], ARGV[11]) end
local first = redis.call('ZRANGE', KEYS[6], 0, 0, 'WITHSCORES')
local function stand_in_line()
  redis.call('ZADD', KEYS[6], ARGV[10], message)
  redis.call('EXPIRE', KEYS[6], KEPT)
end
if first[1] and first[1] ~= message and tonumber(first[2]) < moment then
  stand_in_line()
  return {'behind', first[1]}
end
local again = first[1] and redis.call('ZSCORE', KEYS[6], message) and 'again' or 'first'
-- A long text that has waited goes as soon as there is room for its first segment, or short ones
-- would be quicker for ever.
local room = again == 'again' and 1 or cost

local function part_left(key)
  local slow = redis.call('HMGET', key, 'factor', 'at', 'gain')
  if not slow[1] then return 1 end
  return math.min(1, slow[1] + math.max(0, now - slow[2]) * slow[3])
end

local function drained(level, at, rate)
  return math.max(0, (tonumber(level) or 0) - math.max(0, now - (tonumber(at) or now)) * rate)
end

local function read(key, rate, burst)
  local saved = redis.call('HMGET', key, 'level', 'at')
  return {
    key = key, rate = rate, burst = burst,
    level = drained(saved[1], saved[2], rate),
    at = math.max(now, tonumber(saved[2]) or now),  -- clocks of machines differ a little
  }
end

-- Seconds until the level lets the message in; 0 = now. Sums of fractions are never quite whole.
local function need(bucket, limit)
  if bucket.level <= 1e-6 or bucket.level + room <= limit + 1e-6 then return 0 end
  return math.max(bucket.level - math.max(0, limit - room), 1e-3) / bucket.rate
end

-- Those who wait are given times one after the other, so that each of them asks about once.
local function appointment(key, wait, rate)
  local field = 'tail:' .. tenant .. (bulk and ':bulk:' or ':reply:') .. again
  local tail = math.max(now + wait, tonumber(redis.call('HGET', key, field)) or 0)
  if tail > now + HORIZON then return now + HORIZON * (2 + chance) / 3 end
  redis.call('HSET', key, field, tostring(tail + cost / rate))
  redis.call('EXPIRE', key, KEPT)
  return tail
end

local function save(bucket)
  redis.call('HSET', bucket.key, 'level', tostring(bucket.level + cost), 'at', tostring(bucket.at))
  redis.call('EXPIRE', bucket.key, math.ceil(math.max(KEPT, 2 * (bucket.level + cost) / bucket.rate)))
end

local account = read(KEYS[1], tonumber(ARGV[5]) * part_left(KEYS[3]), tonumber(ARGV[6]))
local number = read(KEYS[2], tonumber(ARGV[7]) * math.min(part_left(KEYS[4]), part_left(KEYS[5])), tonumber(ARGV[8]))

-- The tenant's share of an account that it has in common with others.
local limit, share, own = account.burst, account.rate, nil
local others_wait = false
if tenant ~= '' then
  redis.call('ZREMRANGEBYSCORE', KEYS[8], '-inf', tostring(now))
  redis.call('ZADD', KEYS[8], 'GT', tostring(now + ACTIVE), tenant)
  redis.call('EXPIRE', KEYS[8], KEPT)
  local active = redis.call('ZCARD', KEYS[8])
  share = account.rate / active
  redis.call('ZREMRANGEBYSCORE', KEYS[9], '-inf', tostring(now))
  local waiting = redis.call('ZCARD', KEYS[9])
  if redis.call('ZSCORE', KEYS[9], tenant) then waiting = waiting - 1 end
  others_wait = waiting > 0
  local saved = redis.call('HMGET', KEYS[7], 'level:' .. tenant, 'at:' .. tenant)
  own = { level = drained(saved[1], saved[2], share), allowance = account.burst / active }
  own.over = own.level > 1e-6 and own.level + room > own.allowance + 1e-6
  if own.over then limit = limit * LENT_PART end
end
if bulk then limit = math.min(limit, account.burst * BULK_PART) end

local wait_account = need(account, limit)
if own and own.over and others_wait then
  wait_account = math.max(wait_account, math.max(own.level - math.max(0, own.allowance - room), 1e-3) / share)
end
local blocked = tonumber(redis.call('HGET', KEYS[3], 'until')) or 0
if blocked > now then wait_account = math.max(wait_account, blocked - now) end
local wait_number = need(number, bulk and number.burst * BULK_PART or number.burst)

if wait_account == 0 and wait_number == 0 then
  save(account)
  save(number)
  if own then
    -- What was lent is not held against the borrower later.
    local level = math.min(own.level + cost, math.max(own.allowance, cost))
    redis.call('HSET', KEYS[7], 'level:' .. tenant, tostring(level), 'at:' .. tenant, tostring(now))
    redis.call('EXPIRE', KEYS[7], KEPT)
  end
  redis.call('HINCRBY', KEYS[10], 'permits', 1)
  redis.call('HINCRBY', KEYS[10], 'segments', cost)
  return {'go'}
end

local at = now
if wait_account > 0 then
  at = math.max(at, appointment(KEYS[1], wait_account, share))
  if own then
    redis.call('ZADD', KEYS[9], 'GT', tostring(math.min(at, now + 60) + 1), tenant)
    redis.call('EXPIRE', KEYS[9], KEPT)
  end
end
if wait_number > 0 then at = math.max(at, appointment(KEYS[2], wait_number, number.rate)) end
stand_in_line()
redis.call('HINCRBY', KEYS[10], 'waits', 1)
return {'wait', tostring(at - now)}
