const input = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify({ title: input.title.toUpperCase(), words: input.text.split(/\s+/).length }));
