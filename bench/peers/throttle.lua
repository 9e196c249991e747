#!lua name=weir

-- The throttle of Weir as functions of a Redis server: tumbling windows, the first alert of a later
-- window as a copy, a last word at the end, throttling that ends with a window of at most
-- `threshold` alerts. bench/peers/redis_counters.cc calls them and says what is not here.
--
-- A key holds its window (the number of it since the epoch) and how many alerts came in that. During
-- an episode it also holds the window in which that began, the number of the last copy, how many
-- alerts are held back, where the last alert stood, and the last one held back as it is forwarded.
-- The sorted set `due` has the open episodes by the window with whose beginning they end if no
-- alert comes any more.

local DUE = 'due'
local CALM, STORM = '<I4I4', '<I4I4I4I4I4d'
local CALM_BYTES, STORM_BYTES = 8, 28

-- Throttling ends with the first window that held no more than the threshold; one that held more is
-- followed by one that, so far, has held nothing.
local function end_of(window, count, threshold)
  return count > threshold and window + 2 or window + 1
end

-- Gives 1 if an alert passes, 0 if it is held back, and of a copy its number and how many alerts it
-- stands for.
local function count_one(key, window, threshold, kept, place, alert)
  local state = redis.call('GET', key)
  local since, current, began, sequence, pending = window, 0, nil, 0, 0
  if state and #state == CALM_BYTES then
    since, current = struct.unpack(CALM, state)
  elseif state then
    since, current, began, sequence, pending = struct.unpack(STORM, state)
  end
  local due_before = began and end_of(since, current, threshold)
  if window > since then
    since, current = window, 0
  end
  current = current + 1
  if not began and current <= threshold then
    redis.call('SET', key, struct.pack(CALM, since, current), 'EX', kept)
    return 1
  end
  began = began or since
  pending = pending + 1
  local verdict, held = 0, alert
  if current == 1 and since > began then
    sequence = sequence + 1
    verdict, held = {sequence, pending}, ''
    pending = 0
  end
  redis.call('SET', key,
    struct.pack(STORM, since, current, began, sequence, pending, place) .. held)
  local due = end_of(since, current, threshold)
  if due ~= due_before then
    redis.call('ZADD', DUE, due, key)
  end
  return verdict
end

-- keys: what is counted, of each alert. args: the window, the threshold, seconds for which a calm
-- key is kept; then of each alert where it stands, and the alert. Gives the verdicts.
local function count(keys, args)
  local window, threshold, kept = tonumber(args[1]), tonumber(args[2]), args[3]
  local verdicts = {}
  for i, key in ipairs(keys) do
    local at = 2 + 2 * i
    verdicts[i] = count_one(key, window, threshold, kept, tonumber(args[at]), args[at + 1])
  end
  return verdicts
end

-- args: the window that begins. Ends what is due by then; gives the last words in the order of what
-- was due first and of the keys' last alerts: of each the alert, the number of the copy and how many
-- alerts it stands for.
local function finish(_, args)
  local due = redis.call('ZRANGEBYSCORE', DUE, '-inf', args[1], 'WITHSCORES')
  local words = {}
  for i = 1, #due, 2 do
    local key = due[i]
    local state = redis.call('GET', key)
    local _, _, _, sequence, pending, place = struct.unpack(STORM, state)
    if pending > 0 then
      words[#words + 1] = {tonumber(due[i + 1]), place,
        {string.sub(state, STORM_BYTES + 1), sequence + 1, pending}}
    end
    redis.call('DEL', key)
  end
  redis.call('ZREMRANGEBYSCORE', DUE, '-inf', args[1])
  table.sort(words, function(a, b)
    if a[1] ~= b[1] then return a[1] < b[1] end
    return a[2] < b[2]
  end)
  for i, word in ipairs(words) do
    words[i] = word[3]
  end
  return words
end

redis.register_function('count', count)
redis.register_function('finish', finish)
