-- For wrk: POST /v1/classify with a picture that the server has not seen, as a form. Bytes behind a JPEG's end
-- make it another picture to whoever remembers pictures by their bytes.
-- PICTURE: a JPEG file, CLASSES: one name a line (both in the environment)
local file = assert(io.open(os.getenv("PICTURE"), "rb"))
local picture = file:read("*a")
file:close()
local classes = os.getenv("CLASSES") or "cat\ndog"

local thread_count = 0
function setup(thread)
  thread_count = thread_count + 1
  thread:set("number", thread_count)
end

local function part(name, filename, content)
  local disposition = 'Content-Disposition: form-data; name="' .. name .. '"'
  if filename then disposition = disposition .. '; filename="' .. filename .. '"' end
  return "--frontier\r\n" .. disposition .. "\r\n\r\n" .. content .. "\r\n"
end

local sent = 0
function request()
  sent = sent + 1
  local one = picture .. number .. " " .. sent .. " " .. os.time()
  local body = part("image", "picture.jpg", one) .. part("classes", nil, classes) .. "--frontier--\r\n"
  return wrk.format("POST", "/v1/classify", {["Content-Type"] = "multipart/form-data; boundary=frontier"}, body)
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    'RESULT {"requests": %d, "seconds": %.3f, "a_second": %.3f, "p50_ms": %.1f, "p99_ms": %.1f, "failed": %d}',
    summary.requests, summary.duration / 1e6, summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
