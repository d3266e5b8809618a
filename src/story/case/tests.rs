//! Cases over small worlds.
