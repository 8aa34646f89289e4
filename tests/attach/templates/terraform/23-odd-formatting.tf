# expect: attach
resource aws_lambda_function compact {
function_name="compact"
runtime="python3.12"
layers=["a"  ,  "b"]
environment {
variables={A="1",B="2"}
}
}
# expect: attach
resource "aws_lambda_function" "wide" {
    function_name =    "wide"
    runtime       =    "python3.12"


    environment {
        variables = {
            A = "1"
        }
    }
}
