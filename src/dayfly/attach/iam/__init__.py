"""Which calls of AWS each command makes, as policies that allow these and no others."""
