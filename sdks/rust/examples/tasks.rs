//! Tasks on disk: `tasks write FOLDER` makes one after the other and prints their ids until it is killed; `tasks read FOLDER` prints
//! how many there are, and the last id.

use net_mesh::{NetDb, NetDbOpenConfig, OrderBy, OriginHash, TaskFilter, Timestamp};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let [way, folder] = &args[..] else { return Err("usage: tasks write|read FOLDER".into()) };
    // region net_db
    let config = NetDbOpenConfig {
        with_tasks: true,
        persistent_dir: Some(folder.clone()),
        persistent: true,
        ..NetDbOpenConfig::new(OriginHash(1))
    };
    let db = NetDb::open(config).await?;
    let tasks = db.tasks().ok_or("no tasks")?;
    if way == "write" {
        for id in 0.. {
            tasks.create(id, "survive", Timestamp(id))?;
            println!("{id}");
        }
    }
    let newest = TaskFilter { order_by: OrderBy::IdDesc, limit: Some(1), ..Default::default() };
    let last = tasks.list_tasks(newest)?.first().map_or(0, |task| task.id);
    println!("{} {last}", tasks.count()?);
    db.close().await?;
    // endregion
    Ok(())
}
