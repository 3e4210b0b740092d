-- A null part of a key is an empty text; concat would skip it on one engine and swallow the key on the other.
{{ wrong_cases([
    (text_key(["'a'", "cast(null as string)", "cast(7 as bigint)", "timestamp '2026-01-02 03:04:05'", "cast('2026-01-02' as date)"]), 'a||7|2026-01-02 03:04:05|2026-01-02'),
    (text_key(["true", "cast('1.50' as decimal(9, 2))"]), 'true|1.50'),
    (lower_text("'İSTANBUL ΟΔΟΣ ПРИВЕТ'"), 'istanbul οδοσ привет'),
    (lower_text("cast(null as string)"), none),
    (spelling_key("'Ёлка № 1 (ООО «Ромашка»)'"), 'eлka№1ooopomaшka'),
    (spelling_key("'كتابي'"), 'کتابی'),
]) }}
