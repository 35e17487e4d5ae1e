"""From texts to declared values: shapes, references and inferences, every problem at its place. Reads nothing by itself."""
