"""What happens to a message: a question becomes an answer with sources, or an honest "I don't know"."""
