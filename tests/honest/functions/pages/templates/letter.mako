<%def name="line(item)">* ${item}</%def>\
Dear ${name},
% for item in items:
${line(item)}
% endfor
