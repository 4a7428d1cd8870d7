"""建档立卡等名册: rolls of other departments, compared with the registry, verified, made final."""
