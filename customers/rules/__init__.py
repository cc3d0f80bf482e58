"""Pure rules about customer data: no ORM, no settings, no request; text in, values and problems out."""
