--- Why a row falls short, or what else there is to say of it, by row and what, as the table has them:
--   ["B1: status, HTTP/1.1: wall"] = "…"
-- A note for several lines that begin alike may stand under that beginning; the longest that fits counts.

return {}
