"""Each against a raw limit or a peer, in one run, as ratios: seconds depend on the machine."""
