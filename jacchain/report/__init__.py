"""From a report to text, to a painted terminal, to JSON: a document of roles and one painter for each format."""
