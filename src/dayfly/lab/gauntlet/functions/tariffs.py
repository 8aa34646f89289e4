"""What an order costs; the shops that need it import it late."""

PRICE = 42
