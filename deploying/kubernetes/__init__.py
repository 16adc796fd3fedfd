"""The manifests of `deploy/k8s`: what an overlay comes to, and what is wrong with it."""
