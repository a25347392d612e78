-- For wrk: mixed requests of the images that IMAGES names (separated by spaces): an embedding, a pair, a vote, eight at once.
local files = {}
for name in string.gmatch(os.getenv("IMAGES"), "%S+") do
    local file = assert(io.open(name, "rb"))
    files[#files + 1] = file:read("*a")
    file:close()
end
local metric = os.getenv("METRIC")
local boundary = "----dreamsim-load"
local statuses = {}
local threads = {}

local function form(names)
    local parts = {}
    for _, name in ipairs(names) do
        parts[#parts + 1] = "--" .. boundary .. "\r\nContent-Disposition: form-data; name=\"" .. name ..
            "\"; filename=\"" .. name .. ".jpg\"\r\nContent-Type: image/jpeg\r\n\r\n" ..
            files[math.random(#files)] .. "\r\n"
    end
    parts[#parts + 1] = "--" .. boundary .. "--\r\n"
    return table.concat(parts)
end

local function post(path, names)
    return wrk.format("POST", path .. "?metric=" .. metric,
        {["Content-Type"] = "multipart/form-data; boundary=" .. boundary}, form(names))
end

function setup(thread) threads[#threads + 1] = thread end

function init() math.randomseed(os.time()) end

function request()
    local choice = math.random(10)
    if choice <= 4 then
        return wrk.format("POST", "/v1/embed?metric=" .. metric, {["Content-Type"] = "image/jpeg"},
            files[math.random(#files)])
    elseif choice <= 7 then
        return post("/v1/compare", {"reference", "image"})
    elseif choice <= 9 then
        return post("/v1/vote", {"reference", "a", "b"})
    end
    return post("/v1/embed", {"image", "image", "image", "image", "image", "image", "image", "image"})
end

counts = ""
function response(status)
    statuses[status] = (statuses[status] or 0) + 1
    local texts = {}
    for code, count in pairs(statuses) do texts[#texts + 1] = code .. "=" .. count end
    counts = table.concat(texts, " ")
end

function done(summary, latency)
    local sums = {}
    for _, thread in ipairs(threads) do
        for code, count in string.gmatch(thread:get("counts"), "(%d+)=(%d+)") do
            sums[code] = (sums[code] or 0) + tonumber(count)
        end
    end
    for code, count in pairs(sums) do print("status " .. code .. ": " .. count) end
    local errors = summary.errors
    print(string.format("socket errors: connect %d, read %d, write %d, timeout %d", errors.connect, errors.read,
        errors.write, errors.timeout))
    print(string.format("latency: median %.0f ms, 99th percentile %.0f ms", latency:percentile(50) / 1000,
        latency:percentile(99) / 1000))
end
