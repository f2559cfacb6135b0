"""How prices, bills, meters, projections and comparisons look: charts, sheets, cards and plain text."""
