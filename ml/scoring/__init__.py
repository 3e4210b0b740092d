"""Lead scores: the hand-weighted matrix, the learned score, and one evaluator for both (SPEC §2, §8)."""
