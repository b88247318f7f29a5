--- Why a row falls short, or what else there is to say of it, by row and what, as the table has them:
--   ["B1: status, HTTP/1.1: wall"] = "…"
-- A note for several lines that begin alike may stand under that beginning; the longest that fits counts.

return {
  ["B1"] = "The raw loop does not read the answer. With the C library counted, in Lua 5.4: 87,000 instructions a call "
    .. "raw, 204,000 here; about a third of the difference (41,000) is decoding the JSON into tables, the rest the Lua "
    .. "layer, what it allocates, and begin and end of a transfer. System calls are no more than the raw loop's. No "
    .. "way to 1.00× was found; that none exists is not shown.",
  ["B2"] = "Without latency one core is busy throughout, and the raw loop does not read JSON: the same difference as "
    .. "in B1. With 50 ms there is time for both.",
  ["B4"] = "Nobody knows when a phase ends: it is seen 125 ms late on average at the first pace of a look per 250 ms, "
    .. "and what a list misses is confirmed by a second one. The bound that holds is 1 + 1/16 of the phases + 0.1 s.",
  ["B6"] = "By reading the code, not measured part by part: per request a coroutine, a retry machine and the request "
    .. "itself; per deployment its id and a place in about five tables by id, which double as they grow.",
  ["B10"] = "The body has to be a Lua string before cjson can read it, after the transfer: transfer, string and the "
    .. "look for nulls come on top of cjson.",
}
