"""Commands made from the contract: actions, configuration, directory import, conformance."""
