"""机构树、账号、岗位: where everybody stands, and what they may do there."""
