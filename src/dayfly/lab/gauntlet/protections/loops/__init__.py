"""Runtime loops of a few lines, as an engineer writes them who wants a fresh process per invocation and has no Dayfly.

Each is one program that runs in the function's environment beside awslambdaric, and imports nothing else. They are
yardsticks: what each leaves open is said where it is.
"""
