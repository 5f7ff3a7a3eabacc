-- The help is made from the tables that register functions, so every example has to run.
SELECT count(*) > 20, count(*) = count(DISTINCT name), sum(what = ''), sum(example = '') FROM biobert_help;
SELECT name FROM biobert_help WHERE name NOT LIKE 'biobert@_%' ESCAPE '@';
SELECT name FROM pragma_function_list WHERE name LIKE 'biobert@_%' ESCAPE '@'
EXCEPT SELECT name FROM biobert_help;
SELECT name FROM pragma_module_list WHERE name LIKE 'biobert@_%' ESCAPE '@'
EXCEPT SELECT name FROM biobert_help;
SELECT key, "default", meaning <> '' FROM biobert_settings;
SELECT biobert_version();
SELECT json_valid(biobert_build()), biobert_build() ->> 'sqlite' = sqlite_version();
