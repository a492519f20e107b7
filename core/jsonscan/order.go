package jsonscan

// Order sorts indices by what compare says of the things that they stand for,
// equal ones by the indices themselves. Its time is n log n whatever the input,
// and it allocates nothing.
//
// All of core sorts with this one function. The generic ones of package slices
// are compiled anew for every type: eight of them were a tenth of what core
// weighs in WebAssembly. It is a heapsort, which takes one function only.
func Order(indices []uint32, compare func(a, b uint32) int) {
	for root := len(indices)/2 - 1; root >= 0; root-- {
		sift(indices, root, compare)
	}
	for end := len(indices) - 1; end > 0; end-- {
		indices[0], indices[end] = indices[end], indices[0]
		sift(indices[:end], 0, compare)
	}
}

// sift moves the index at root down the heap, to above those that stand before
// it.
func sift(heap []uint32, root int, compare func(a, b uint32) int) {
	for {
		child := 2*root + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && before(heap[child], heap[child+1], compare) {
			child++
		}
		if !before(heap[root], heap[child], compare) {
			return
		}
		heap[root], heap[child] = heap[child], heap[root]
		root = child
	}
}

func before(a, b uint32, compare func(a, b uint32) int) bool {
	c := compare(a, b)
	return c < 0 || c == 0 && a < b
}
