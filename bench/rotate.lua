-- Asks for the paths given as arguments in turn, from a different address of carrier space each time, and prints what
-- happened as one line of JSON. With BODY in the environment the requests are POSTs of it.
local paths, made, body, tag = {}, 0, os.getenv("BODY"), os.getenv("TAG")

function init(args)
  for number, path in ipairs(args) do paths[number] = path end
end

function request()
  made = made + 1
  local headers = { ["X-Forwarded-For"] = string.format("10.%d.%d.%d", made % 250, math.floor(made / 250) % 250, math.floor(made / 62500) % 250) }
  if tag then headers["If-None-Match"] = tag end
  local path = paths[(made - 1) % #paths + 1]
  if body then
    headers["Content-Type"] = "application/json"
    return wrk.format("POST", path, headers, body)
  end
  return wrk.format("GET", path, headers)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'JSON {"requests": %d, "seconds": %.3f, "refused": %d, "broken": %d, "p50_ms": %.2f, "p95_ms": %.2f, "p99_ms": %.2f}\n',
    summary.requests, summary.duration / 1e6, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3))
end
