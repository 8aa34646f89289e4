// Reads files by name and prints, by name, what HashiCorp's parser makes of each: its JSON, or {"error": …}.
const { readFileSync } = require("fs");
const { parse } = require("@cdktf/hcl2json");

(async () => {
  const read = {};
  for (const path of process.argv.slice(2)) {
    try {
      read[path] = await parse(path, readFileSync(path, "utf8"));
    } catch (error) {
      read[path] = { error: String(error) };
    }
  }
  console.log(JSON.stringify(read));
})();
