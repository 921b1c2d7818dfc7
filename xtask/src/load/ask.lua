-- Asks one kind of question: wrk -s ask.lua ADDRESS -- METHOD TOKEN PAUSE_MS BODY
-- NUMBER in the body is another number each time, so that no two are alike.

local method, body, pause
local count = 0

function init(arguments)
  method = arguments[1]
  wrk.headers["Authorization"] = "Bearer " .. arguments[2]
  pause = tonumber(arguments[3])
  body = arguments[4]
  if body ~= nil then
    wrk.headers["Content-Type"] = "application/json"
  end
  if pause == 0 then
    delay = nil
  end
end

function delay()
  return pause
end

function request()
  count = count + 1
  local text = body
  if text ~= nil then
    text = string.gsub(text, "NUMBER", tostring(count))
  end
  return wrk.format(method, nil, nil, text)
end

function done(summary, latency)
  io.write(string.format(
    'result {"requests":%d,"microseconds":%d,"median_us":%d,"p99_us":%d,"refused":%d,"broken":%d}\n',
    summary.requests,
    summary.duration,
    latency:percentile(50),
    latency:percentile(99),
    summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  ))
end
