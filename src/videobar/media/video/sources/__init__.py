"""Video sources: what a camera or content is made of, by the scheme of its URL."""
