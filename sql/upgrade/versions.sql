-- versions.sql - which format each search index of a file has. Needs no extension, and so works where the biobert
-- that is there refuses the index.
--
--     sqlite3 library.db <sql/upgrade/versions.sql
--
-- A row an index: its name, its format, and what to do. For the sqlite3 shell: a name of a table cannot be bound, so
-- the statements are written here and run by a second shell, which reads the same file.
.mode list
.once '|sqlite3 -batch -init /dev/null -cmd ".mode column" -cmd ".headers on" -cmd ".nullvalue none"'
WITH newest(number) AS (VALUES (1)),
     made AS (
       SELECT s.name, EXISTS (SELECT 1 FROM sqlite_schema c
                               WHERE c.name = s.name || '_config' COLLATE NOCASE AND c.type = 'table') AS has_config
         FROM sqlite_schema s
        WHERE s.type = 'table' AND s.sql LIKE 'CREATE VIRTUAL TABLE%USING%biobert%(%'),
     asked AS (
       SELECT name, iif(has_config,
           printf('(SELECT v FROM f."%w_config" WHERE k = ''format_version'')', name), 'NULL') AS format
         FROM made)
SELECT printf('ATTACH %Q AS f; ', (SELECT file FROM pragma_database_list WHERE name = 'main')) ||
       group_concat(
         printf('SELECT %Q AS "index", %s AS format, ', name, format) ||
         printf('CASE WHEN typeof(%s) <> ''integer'' THEN ''damaged: DROP TABLE, and make it anew'' ', format) ||
         printf('WHEN %s > %d THEN ''newer than this versions.sql'' ', format, newest.number) ||
         printf('WHEN %s < %d THEN ''older: sql/upgrade/README.md says what to do'' ELSE ''current'' END AS what', format, newest.number),
         ' UNION ALL ') || ';'
  FROM asked, newest HAVING count(*);
