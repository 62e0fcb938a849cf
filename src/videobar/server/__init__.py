"""The HTTPS face: finds the action, checks who asks, decodes, answers. The only layer that knows HTTP."""
