module example.com/whiteboard

go 1.26.0
