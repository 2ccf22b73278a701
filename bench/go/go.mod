module log-aggregator/bench/go

go 1.19
