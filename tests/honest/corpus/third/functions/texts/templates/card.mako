<b>${name | h}</b>
<i>${note | u}</i>
