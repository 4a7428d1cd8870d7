"""数据核查: rounds of suspicious records, split to the schools, answered, closed and summed up."""
