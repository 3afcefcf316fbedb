-- The carrier asks for less: the rate is halved, at most once in `grace` seconds, for what was sent
-- before the last halving says nothing of the rate since. It comes back by `gain` a second.
--
-- KEYS: slow-down, counts
-- ARGV: now, grace, gain, floor, seconds of silence at least, the same for each time it was halved

local now, gain = tonumber(ARGV[1]), tonumber(ARGV[3])
local saved = redis.call('HMGET', KEYS[1], 'factor', 'at', 'gain', 'halved', 'since', 'until')
local factor = 1
if saved[1] then factor = math.min(1, saved[1] + math.max(0, now - saved[2]) * saved[3]) end
local since = (factor < 1 and saved[5]) or tostring(now)
if not saved[4] or now - saved[4] >= tonumber(ARGV[2]) then
  factor = math.max(tonumber(ARGV[4]), factor / 2)
  redis.call('HSET', KEYS[1], 'halved', tostring(now))
  redis.call('HINCRBY', KEYS[2], 'slowdowns', 1)
end
local silence = math.max(tonumber(ARGV[5]), tonumber(ARGV[6]) / factor)
local blocked = math.max(tonumber(saved[6] or 0), now + silence)
redis.call('HSET', KEYS[1], 'factor', tostring(factor), 'at', tostring(now), 'gain', tostring(gain),
  'since', since, 'until', tostring(blocked))
redis.call('EXPIRE', KEYS[1], math.ceil(math.max((1 - factor) / gain, blocked - now)) + 60)
return tostring(blocked - now)
