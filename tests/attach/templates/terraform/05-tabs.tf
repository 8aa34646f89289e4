# expect: attach
resource "aws_lambda_function" "tabbed" {
	function_name = "tabbed"
	runtime = "python3.11"
	handler = "x.y"
	environment {
		variables = {
			A = "1",
			B = "2"
		}
	}
}
