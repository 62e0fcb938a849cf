"""What a room really says, held against the contract, or against what another room said. Works on any room."""
