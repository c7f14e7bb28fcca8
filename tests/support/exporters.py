"""Pages as real exporters write them, made up: the shape and the size of a host's and of a busy cluster's."""

from collections.abc import Iterator


def node_exporter() -> str:
    """About 3,000 samples, with labels longer than 200 characters, totals, and values that are not finite."""
    return "\n".join(host_lines()) + "\n"


def host_lines() -> Iterator[str]:
    yield "# HELP node_dmi_info A metric with a constant '1' value labeled by what the board says of itself."
    yield "# TYPE node_dmi_info gauge"
    labels = ",".join(f'{key}="{key.title()} of an Example Rack Server with sixteen bays"' for key in DMI)
    yield f"node_dmi_info{{{labels}}} 1"
    yield "# TYPE node_cpu_seconds_total counter"
    modes = ("idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user")
    yield from (f'node_cpu_seconds_total{{cpu="{cpu}",mode="{mode}"}} {cpu}.5' for cpu in range(128) for mode in modes)
    for name in ("receive_bytes", "receive_packets", "transmit_bytes", "transmit_errs"):
        yield f"# TYPE node_network_{name}_total counter"
        yield from (f'node_network_{name}_total{{device="veth{card:04x}"}} 1.0235e+06' for card in range(260))
    yield "# TYPE node_filesystem_avail_bytes gauge"
    mounts = ("/srv/共享", "/mnt/with space", "/mnt/tab\ttab", r"/mnt/back\\slash", r"/mnt/\"quoted\"", "/mnt/😀")
    for mount in mounts:
        yield from (
            f'node_filesystem_avail_bytes{{device="/dev/sd{n}",mountpoint="{mount}{n}"}} 1e9' for n in range(60)
        )
    yield "# TYPE node_memory_Total gauge\nnode_memory_Total 1.6e+10"
    yield "# TYPE node_entropy_total gauge\nnode_entropy_total 256"
    yield "# TYPE go_gc_duration_seconds summary"
    yield 'go_gc_duration_seconds{quantile="0"} NaN\ngo_gc_duration_seconds{quantile="1"} 0.001'
    yield "go_gc_duration_seconds_sum 1.2\ngo_gc_duration_seconds_count 1234"
    yield "# TYPE answer_seconds histogram"
    bounds = (*range(600), "+Inf")
    yield from (f'answer_seconds_bucket{{handler="/",le="{bound}"}} 9' for bound in bounds)
    yield 'answer_seconds_sum{handler="/"} 4.5\nanswer_seconds_count{handler="/"} 9'


DMI = ("bios_date", "bios_release", "bios_vendor", "board_name", "chassis_version", "product_family", "system_vendor")


def kubernetes() -> str:
    """As kube-state-metrics and cadvisor: long labels, gauges called ``created``, several thousand samples."""
    return "\n".join(cluster_lines()) + "\n"


def cluster_lines() -> Iterator[str]:
    yield "# TYPE kube_pod_info gauge"
    yield from (f"kube_pod_info{{{pod_labels(pod)}}} 1" for pod in range(600))
    yield "# TYPE kube_pod_created gauge"
    yield from (f'kube_pod_created{{pod="shop-{pod:05d}"}} 1.79e+09' for pod in range(600))
    for name, kind in (("cpu_usage_seconds_total", "counter"), ("memory_working_set_bytes", "gauge")):
        yield f"# TYPE container_{name} {kind}"
        yield from (f"container_{name}{{{container_labels(pod)}}} 17 1790000000000" for pod in range(600))
    yield "# TYPE kube_pod_labels gauge"
    yield r'kube_pod_labels{label_app_kubernetes_io_name="商店",label_note="line\nbreak"} 1'


def pod_labels(pod: int) -> str:
    return (
        f'namespace="team-{pod % 9}",pod="shop-7d4b9c6f5d-{pod:05d}",uid="0b1c2d3e-4f50-6172-8394-a5b6c7d8e9{pod:03d}",'
        f'host_ip="10.0.{pod // 250}.{pod % 250}",node="node-{pod % 20}.example.internal",priority_class="",'
        'created_by_kind="ReplicaSet",created_by_name="shop-7d4b9c6f5d",host_network="false"'
    )


def container_labels(pod: int) -> str:
    slices = f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{pod:032x}.slice"
    image = f"registry.example.com:5000/team-{pod % 9}/shop@sha256:{pod:064x}"
    return f'container="shop",cpu="total",id="{slices}/cri-{pod:064x}.scope",image="{image}",name="{pod:064x}"'
