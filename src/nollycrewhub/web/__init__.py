"""What pages share: layout, components, assets, forms, and the friendly errors."""
