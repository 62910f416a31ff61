"""Mean-field variational inference: independent Gaussians on weights, as near to the posterior as such can be
(Blundell et al. 2015, arXiv:1505.05424)."""
