--- Why a row falls short, or what else there is to say of it, by row and what, as the table has them:
--   ["B1: status, HTTP/1.1: wall"] = "…"
-- A note for several lines that begin alike may stand under that beginning; the longest that fits counts.

return {
  ["B1"] = "The raw loop does not read the answer. Of what is more here, cjson and the tables it makes are nearly "
    .. "half, the Lua layer (retry machine, request, deadline) the rest; system calls are no more than the raw loop's. "
    .. "So 1.00× is not there to be had on a machine whose system calls are as cheap as this one's: all of libcurl is "
    .. "60,000 instructions, reading the JSON alone 40,000.",
  ["B2"] = "Without latency one core is busy throughout, and the raw loop does not read JSON: the same difference as "
    .. "in B1. With 50 ms there is time for both.",
  ["B4"] = "Nobody knows when a phase ends: it is seen 125 ms late on average at the first pace of a look per 250 ms, "
    .. "and what a list misses is confirmed by a second one. The bound that holds is 1 + 1/16 of the phases + 0.1 s.",
  ["B6"] = "Per request: a coroutine, a retry machine and the request itself, about 2.5 KB of Lua 5.4's heap, before "
    .. "libcurl is asked. Per deployment: its id, and a place in five tables by id; Lua's tables double as they grow, "
    .. "so a place costs 24 to 50 bytes in each.",
  ["B10"] = "The body has to be a Lua string before cjson can read it, after the transfer: transfer, string and the "
    .. "look for nulls come on top of cjson.",
}
