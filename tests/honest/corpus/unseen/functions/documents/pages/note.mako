Note for ${name | h}
% for line in lines:
* ${line}
% endfor
