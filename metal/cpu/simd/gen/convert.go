package main

func convert() {}
