-- wrk's script: posts Bandwidth's inbound texts, each with a message id of its own.
-- BENCH_REQUESTS is a file of whole requests, one per door, apart by byte 30; byte 31 marks the
-- places of the id and of the customer's last four digits. BENCH_PREFIX (13 bytes) tells runs apart.

local prefix = os.getenv("BENCH_PREFIX")
local customers = tonumber(os.getenv("BENCH_CUSTOMERS"))
local doors = {}
local count = 0

for request in io.open(os.getenv("BENCH_REQUESTS"), "rb"):read("*a"):gmatch("[^\30]+") do
  local head, middle, tail = request:match("^([^\31]*)\31([^\31]*)\31([^\31]*)$")
  doors[#doors + 1] = { head, middle, tail }
end

function request()
  count = count + 1
  local door = doors[count % #doors + 1]
  local customer = string.format("%04d", (count * 7919) % customers)
  return door[1] .. prefix .. string.format("%016x", count) .. door[2] .. customer .. door[3]
end
