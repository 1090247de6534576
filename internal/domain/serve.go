package domain

// servedID is the one document of kind served.
const servedID = "domain"
