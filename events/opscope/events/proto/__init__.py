"""The event proto modules, generated from the `.proto` files beside them."""
