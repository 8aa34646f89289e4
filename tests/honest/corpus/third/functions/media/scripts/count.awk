BEGIN { FS = "," }
{ total += $2 }
END { print NR, total }
